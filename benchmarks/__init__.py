"""What Frontload is measured against, and on which pages."""
