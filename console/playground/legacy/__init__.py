"""The two endpoints for prompts without turns, which xAI marks as deprecated."""
