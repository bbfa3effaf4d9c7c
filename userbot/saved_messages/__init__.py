"""What the owner sees and types in Saved Messages."""
