from mien.cli import main

if __name__ == "__main__":  # a recipe.json may name any module of mien, and naming this one must start nothing
    main()
