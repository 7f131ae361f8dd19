"""Ingestion: sources (files, folders, web addresses) → documents → passages → index."""
