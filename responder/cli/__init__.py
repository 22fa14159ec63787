"""The command line, one file per family of commands;  is added by the floor above."""
