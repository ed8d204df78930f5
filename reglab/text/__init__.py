"""Sentences for text augmentation: the bundled texts, tasks made of them, and a translator."""

__all__ = ["text_task", "texts", "translation"]
