"""What is read: streams as rows of data, and the shapes of their columns."""
