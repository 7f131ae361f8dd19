"""Finding passages: tokenisation, encoders, dense and lexical retrievers, fusion, the index on disk."""
