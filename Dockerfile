# The program as an image: slim, not root, amd64 and arm64. Build and run it with compose.yml; docs/operations.md says how.
FROM python:3.13-slim AS build
# Wheels are there for both platforms; cryptg, which is optional, is left out where it would have to be compiled.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /opt/venv
COPY requirements.lock ./
RUN /opt/venv/bin/pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY userbot ./userbot
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation . \
    && /opt/venv/bin/python -m compileall -q /opt/venv \
    && /opt/venv/bin/pip uninstall -y setuptools pip

FROM python:3.13-slim
RUN useradd --uid 10001 --home-dir /home/userbot --create-home --shell /usr/sbin/nologin userbot \
    && install -d -o userbot -g userbot -m 0700 /home/userbot/data /home/userbot/sessions
COPY --from=build /opt/venv /opt/venv
COPY --chown=userbot:userbot skills /home/userbot/skills
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 USERBOT_HOME=/home/userbot
USER userbot
WORKDIR /home/userbot
VOLUME ["/home/userbot/data", "/home/userbot/sessions"]
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 CMD ["userbot", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["userbot"]
CMD ["run"]
