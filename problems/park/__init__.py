"""Industrial parks: the case file, its components and the model they make."""
