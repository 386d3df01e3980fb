# Two stages: the first makes a virtual environment from the lock, the second carries it and nothing
# that compiles, installs or signs.

FROM python:3.13-slim AS builder
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src

# One environment to build with, one to ship; the shipped one never sees pip.
RUN python3 -m venv /build && python3 -m venv --without-pip /app
COPY requirements/build.lock requirements/run.lock requirements/
RUN /build/bin/pip install --require-hashes -r requirements/build.lock \
 && /build/bin/pip --python /app/bin/python install --only-binary :all: --require-hashes \
      -r requirements/run.lock

COPY pyproject.toml README.md LICENSE app.py ./
COPY cli cli
COPY settings settings
COPY db db
COPY services services
COPY components components
COPY pages pages
COPY simulator simulator
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
 && /build/bin/pip --python /app/bin/python install --no-deps --no-index /wheel/*.whl


FROM python:3.13-slim
# The slim base brings ca-certificates; the test keeps it so should it ever stop.
RUN (dpkg --status ca-certificates >/dev/null 2>&1 \
     || (apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
         && rm -rf /var/lib/apt/lists/*)) \
 && groupadd --gid 10001 jarvis \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin jarvis \
 && install --directory --owner 10001 --group 10001 --mode 0700 /data

COPY --from=builder /app /app

# Inside the container every address of it is the page's; what is published decides who reaches it.
# Two malloc arenas keep the resident size flat; nothing is written outside /data and /tmp.
ENV PATH=/app/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    TZ=UTC \
    HOME=/tmp \
    NICEGUI_STORAGE_PATH=/tmp/nicegui \
    JARVIS_HOST=0.0.0.0 \
    JARVIS_PORT=8080 \
    JARVIS_DATA_DIR=/data

WORKDIR /data
VOLUME /data
EXPOSE 8080
USER 10001:10001
STOPSIGNAL SIGTERM
# Where Jarvis listens on one address, nothing answers on 127.0.0.1.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-S", "-c", "import os, urllib.request as r; e = os.environ; h = e.get('JARVIS_HOST', '').strip('[]'); h = '127.0.0.1' if h in ('', '0.0.0.0') else '[::1]' if h == '::' else f'[{h}]' if ':' in h else h; q = r.Request(f'http://{h}:{e[\"JARVIS_PORT\"]}/healthz', headers={'Host': '127.0.0.1'}); r.build_opener(r.ProxyHandler({})).open(q, timeout=4)"]
ENTRYPOINT ["jarvis"]
CMD ["serve"]
