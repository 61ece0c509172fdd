# The HTTP service. CPU only; linux/amd64 and linux/arm64.
#   docker build -t sow-align .
#   docker run --rm -p 8000:8000 sow-align

# true: development dependencies too, and the command rebuilds and restarts when a mounted source changes.
ARG DEV_MODE=false

# The digest is that of the index of amd64 and arm64 images. To move on, change tag and digest together:
#   docker buildx imagetools inspect node:24.21.0-bookworm-slim
FROM node:24.21.0-bookworm-slim@sha256:d6aa754f16b3197301076f047b5def2f02ea1dbbc2ca920407d46d7ec7f87b20 AS base
WORKDIR /app
# Its install script fetches GPU libraries; the CPU library is inside the package.
ENV ONNXRUNTIME_NODE_INSTALL=skip
COPY package.json package-lock.json ./

FROM base AS dependencies-true
RUN npm ci --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM base AS dependencies-false
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
# onnxruntime-node brings its library for every system, ours is one of them. The compiler is a peer dependency of the
# documentation plugin, for a generator that is not in use.
RUN find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d \
    ! -path "*/linux/$(node -p process.arch)" -exec rm -rf {} + \
    && rm -rf node_modules/typescript node_modules/.bin/tsc node_modules/.bin/tsserver

FROM dependencies-true AS build
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY workers workers
RUN npm run build

FROM build AS sources-true
FROM base AS sources-false
COPY --from=build /app/dist dist

# hadolint ignore=DL3006
FROM dependencies-${DEV_MODE} AS dependencies
# hadolint ignore=DL3006
FROM sources-${DEV_MODE} AS service
COPY --from=dependencies /app/node_modules node_modules
COPY models models
COPY LICENSE ./
RUN mkdir -p /cache /models && chown node:node /cache
# Memory that was freed goes back to the system (src/config/load.ts says why). ONNX Runtime sends no telemetry
# (src/config/telemetry.ts).
ENV NODE_ENV=production \
    ORT_DISABLE_TELEMETRY=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=65536 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    SOW_QWEN3_HOST=0.0.0.0 \
    SOW_QWEN3_PORT=8000 \
    SOW_QWEN3_CACHE_DIR=/cache
USER node
EXPOSE 8000
VOLUME /cache
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SOW_QWEN3_PORT}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/serve.js"]
