"""Addresses of the playground; those under /stream/ are served asynchronously."""

from django.urls import path

from console.playground import stream, views
from console.playground.before import views as before
from console.playground.explore import views as explore
from console.playground.legacy import views as legacy

app_name = "playground"

urlpatterns = [
    path("playground/chat/", views.chat, name="chat"),
    path("playground/messages/", views.messages, name="messages"),
    path("playground/tokenize/", views.tokenize, name="tokenize"),
    path("playground/legacy/", legacy.legacy, name="legacy"),
    path("playground/explore/", explore.explore, name="explore"),
    path("playground/stop/<uuid:record_id>/", views.stop, name="stop"),
    path("stream/chat/", stream.stream_chat, name="stream_chat"),
    path("stream/messages/", stream.stream_messages, name="stream_messages"),
    path("stream/chat/before/", before.before_chat, name="before_chat"),
    path("stream/messages/before/", before.before_messages, name="before_messages"),
    path("stream/tokenize/", stream.stream_tokenize, name="stream_tokenize"),
    path("stream/completions/", legacy.stream_completions, name="stream_completions"),
    path("stream/complete/", legacy.stream_complete, name="stream_complete"),
    path("stream/explore/", explore.stream_explore, name="stream_explore"),
]
