"""Replies before anybody approves them: a draft must say what a good public answer says, and nothing else."""
