"""What the tests of the product and those of the packages share: a clock, certificates, tokens, a browser.

Nothing of it is deployed or published.
"""
