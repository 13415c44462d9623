"""`python -m critsit`: the command."""

from critsit.main import main

main()
