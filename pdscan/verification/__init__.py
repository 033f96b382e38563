"""The proof: is a manifest still true before it is carried out, and is anything left after it?"""
