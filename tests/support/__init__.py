"""What tests share: golden files, a browser, an office program. conftest.py makes fixtures of them."""
