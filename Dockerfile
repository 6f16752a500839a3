# Three images from one recipe, by what computes:
#   docker build .                  onnxruntime and WebAssembly on the CPU, small, any machine
#   docker build --target cpu .     native TensorFlow on the CPU as well
#   docker build --target gpu .     native TensorFlow with CUDA; run it with --gpus all
# They listen on every address of the container, and so need API_KEYS_FILE, or ALLOW_ANONYMOUS=1.
# Podman needs `--format docker`: its own format has no HEALTHCHECK.

ARG BASE=docker.io/library/node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
# The kernels are compiled with it.
RUN apt-get update \
 && apt-get install -y --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY tsconfig.json ./
COPY deploy deploy
COPY src src
COPY training training
RUN node deploy/prepare.mjs

# The guide is made with the development packages, which no image has.
FROM build AS guide
COPY docs docs
COPY README.md CHANGELOG.md ./
RUN node deploy/prepare.mjs --everything

FROM build AS complete
COPY --from=guide /app/dist/guide dist/guide

FROM complete AS trimmed
RUN node dist/src/cli/hypercolumn.js trim --out /trimmed --with training

FROM complete AS native
RUN apt-get update \
 && apt-get install -y --no-install-recommends g++ python3 python3-pip \
 && rm -rf /var/lib/apt/lists/*
ENV HYPERCOLUMN_CACHE=/opt/hypercolumn

# TensorFlow's headers serve the compiler alone.
FROM native AS native-cpu
RUN node dist/src/cli/hypercolumn.js setup tensorflow --variant cpu \
 && node dist/src/cli/hypercolumn.js trim --out /trimmed --with tensorflow training \
 && rm -rf /opt/hypercolumn/*/tensorflow/include

FROM native AS native-gpu
RUN node dist/src/cli/hypercolumn.js setup tensorflow --variant gpu \
 && node dist/src/cli/hypercolumn.js trim --out /trimmed --with tensorflow training \
 && rm -rf /opt/hypercolumn/*/tensorflow/include

FROM ${BASE} AS runtime
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 MODELS_DIR=/models DATA_DIR=/data STORAGE_CACHE=/data/cache ORT_DISABLE_TELEMETRY=1
# glibc gives memory back after large requests: see docs/reliability.md.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=262144
COPY models/demo /models/demo
COPY LICENSE ./
RUN install --directory --owner=1000 --group=1000 /data \
 && printf '#!/bin/sh\nexec node /app/dist/src/cli/hypercolumn.js "$@"\n' >/usr/local/bin/hypercolumn \
 && chmod +x /usr/local/bin/hypercolumn
# By number, so that Kubernetes can tell that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT || process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]

FROM runtime AS gpu
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=native-gpu /opt/hypercolumn /opt/hypercolumn
COPY --from=native-gpu /trimmed ./

FROM runtime AS cpu
COPY --from=native-cpu /opt/hypercolumn /opt/hypercolumn
COPY --from=native-cpu /trimmed ./

FROM runtime AS wasm
COPY --from=trimmed /trimmed ./
