"""The one door to generations, used by the command line and the API alike."""
