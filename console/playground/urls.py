"""Addresses of the playground; those under /stream/ are served asynchronously."""

from django.urls import include, path

from console.playground import adding, stream, views
from console.playground.before import views as before
from console.playground.conversations.views import history, shares
from console.playground.explore import views as explore
from console.playground.inspect import views as inspecting
from console.playground.legacy import views as legacy
from console.playground.prompts import views as prompts
from console.playground.snippets import views as snippets
from console.playground.twin import views as twins

app_name = "playground"

urlpatterns = [
    path("playground/", views.front, name="front"),
    path("playground/chat/", views.chat, name="chat"),
    path("playground/messages/", views.messages, name="messages"),
    path("playground/chat/<uuid:conversation_id>/", views.chat_kept, name="chat_kept"),
    path(
        "playground/messages/<uuid:conversation_id>/",
        views.messages_kept,
        name="messages_kept",
    ),
    path("playground/history/", history.history, name="history"),
    path("playground/history/import/", history.import_file, name="history_import"),
    path(
        "playground/history/<uuid:conversation_id>/",
        include(
            [
                path("rename/", history.rename, name="history_rename"),
                path("pin/", history.pin, name="history_pin"),
                path("duplicate/", history.duplicate, name="history_duplicate"),
                path("delete/", history.delete, name="history_delete"),
                path("export/", history.export, name="history_export"),
                path("share/", shares.share, name="history_share"),
            ]
        ),
    ),
    path("playground/prompts/", prompts.prompt_list, name="prompts"),
    path("playground/prompts/names/", prompts.prompt_names, name="prompt_names"),
    path(
        "playground/prompts/<uuid:prompt_id>/text/",
        prompts.prompt_text,
        name="prompt_text",
    ),
    path(
        "playground/prompts/<uuid:prompt_id>/", prompts.prompt_edit, name="prompt_edit"
    ),
    path(
        "playground/prompts/<uuid:prompt_id>/delete/",
        prompts.prompt_delete,
        name="prompt_delete",
    ),
    path("playground/shares/", shares.share_list, name="shares"),
    path(
        "playground/shares/<uuid:share_id>/revoke/", shares.revoke, name="share_revoke"
    ),
    path("playground/shared/<str:snapshot_token>/", shares.shared, name="shared"),
    path("playground/tokenize/", views.tokenize, name="tokenize"),
    path("playground/legacy/", legacy.legacy, name="legacy"),
    path("playground/explore/", explore.explore, name="explore"),
    path("playground/twin/", twins.twin, name="twin"),
    path("playground/code/", snippets.code, name="code"),
    path(
        "playground/answers/<uuid:turn_id>/inspect/", inspecting.inspect, name="inspect"
    ),
    path("playground/stop/<uuid:record_id>/", views.stop, name="stop"),
    path("playground/images/", adding.add_image, name="add_image"),
    path("stream/chat/", stream.stream_chat, name="stream_chat"),
    path("stream/messages/", stream.stream_messages, name="stream_messages"),
    path("stream/answers/<uuid:turn_id>/", stream.stream_answer, name="stream_answer"),
    path("stream/chat/before/", before.before_chat, name="before_chat"),
    path("stream/messages/before/", before.before_messages, name="before_messages"),
    path("stream/tokenize/", stream.stream_tokenize, name="stream_tokenize"),
    path("stream/completions/", legacy.stream_completions, name="stream_completions"),
    path("stream/complete/", legacy.stream_complete, name="stream_complete"),
    path("stream/explore/", explore.stream_explore, name="stream_explore"),
]
