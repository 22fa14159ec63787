"""The insights pages: an overview of one watch, the mentions behind each of its figures, the watches side by side."""
