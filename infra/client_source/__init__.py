"""The generated modules of careerstream-client, made from the contract."""
