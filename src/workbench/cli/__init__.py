"""The command line, ``workbench``. ``--help`` answers at once: commands import what they need."""
