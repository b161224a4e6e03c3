# Plain syntax only: the builder without BuildKit must understand it too.
ARG BASE_IMAGE=docker.io/airbyte/python-connector-base:4.1.0@sha256:1d1aa21d34e851df4e8a87b391c27724c06e2597608e7161f4d167be853bd7b6

# The pinned tree without what our four verbs never import: pandas (with numpy), the CDK's Google secret manager,
# text documents (nltk), its command line (rich) and matchers for fields and dates. pip leaves last.
FROM ${BASE_IMAGE} AS dependencies
USER root
RUN python -m venv /opt/venv
WORKDIR /build
COPY requirements.txt ./
RUN grep -viE '^(pandas|numpy|nltk|joblib|cloudpickle|tqdm|google|grpc|proto|pyasn1|opentelemetry|rich|pygments|markdown-it|mdurl|rapidfuzz|dateparser|regex|tzlocal|unidecode|wcmatch|bracex|pycparser|setuptools)[a-z0-9_-]*==' requirements.txt >image.txt \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps -r image.txt \
    && /opt/venv/bin/pip uninstall --yes pip \
    && find /opt/venv -type d \( -name tests -o -name test \) -prune -exec rm -rf {} + \
    && rm -rf /opt/venv/lib/python3*/site-packages/airbyte_cdk/manifest_server

# The connector in a folder of its own, so that a change of our code does not write the tree above again.
FROM ${BASE_IMAGE} AS connector
USER root
RUN python -m venv /opt/venv
WORKDIR /build
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --no-cache-dir "$(grep '^setuptools==' requirements.txt)"
COPY setup.py ./
COPY source_tiktok_ads ./source_tiktok_ads
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --prefix=/opt/connector .

FROM ${BASE_IMAGE}
COPY --from=dependencies /opt/venv /opt/venv
COPY --from=connector /opt/connector /opt/venv
COPY --chown=1000:1000 main.py /airbyte/integration_code/
# Few arenas: every thread that passes pages on would otherwise keep memory of its own.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2
WORKDIR /airbyte/integration_code
# Airbyte runs the variable, everyone else the entry point; a test holds them equal.
ENV AIRBYTE_ENTRYPOINT="python /airbyte/integration_code/main.py"
ENTRYPOINT ["python", "/airbyte/integration_code/main.py"]
ARG BASE_IMAGE
ARG CONNECTOR_VERSION=0.1.0
ARG REVISION=unknown
LABEL io.airbyte.version=$CONNECTOR_VERSION io.airbyte.name=airbyte/source-tiktok-ads \
    org.opencontainers.image.base.name=$BASE_IMAGE org.opencontainers.image.revision=$REVISION \
    org.opencontainers.image.licenses=MIT
ENV CONNECTOR_REVISION=$REVISION
USER airbyte
