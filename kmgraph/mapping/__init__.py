"""The way from records to RDF and back."""
