"""What is published: built, checked, installed from a local index, and removed again."""
