import sys

if __name__ == "__main__":  # a recipe.json may name any module of mien, and naming this one must start nothing
    if not sys.flags.safe_path:
        del sys.path[0]  # `python -m` puts the working folder there: no file of it may pass for a module
    from mien.cli import main

    main()
