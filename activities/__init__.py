"""What touches the world: content, the model, PostgreSQL. Every activity can run twice without harm."""
