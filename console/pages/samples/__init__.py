"""Thirty days of sample history, so that a newcomer's first look shows charts.

story     what xAI told then, where it is not what it tells now; data only
telling   the sandbox's answers at any moment of the story; pure
calls     the calls that the sample people made; pure
history   all of it written, by the writers that the poller uses
"""
