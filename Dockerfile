# The production image: web, worker and beat are three commands of it.
FROM python:3.13-slim-bookworm AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
RUN ["python", "-m", "venv", "/venv"]
COPY requirements.lock ./
RUN ["/venv/bin/python", "-m", "pip", "install", "--require-hashes", "-r", "requirements.lock"]
COPY manage.py ./
COPY console ./console
COPY templates ./templates
COPY static ./static
# Settings that only let the settings be read; the files go to /data/static.
ENV GATEHOUSE_DATA_DIR=/data
RUN ["/venv/bin/python", "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]

FROM python:3.13-slim-bookworm

RUN ["useradd", "--system", "--uid", "10001", "--no-create-home", "gatehouse"]
COPY --from=build /venv /venv
COPY --from=build /app /app
# Not /data as a whole: the key files that the build made must not be shared.
COPY --from=build --chown=gatehouse /data/static /data/static
# A new volume takes its owner from the folder it is mounted on.
RUN ["install", "-d", "-o", "gatehouse", "-m", "700", "/anchors"]
RUN ["chown", "gatehouse", "/data"]

WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GATEHOUSE_DATA_DIR=/data \
    GATEHOUSE_BIND=0.0.0.0 \
    PORT=8000
USER gatehouse
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "manage.py", "alive", "web"]
CMD ["python", "-m", "console.serve"]
