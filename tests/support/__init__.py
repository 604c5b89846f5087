"""What tests share: the demo model as a process, a world around one test, waiting."""
