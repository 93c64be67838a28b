# Two images from one file:
#   docker build --target gateway -t local-llm-agent/gateway .
#   docker build --target engine  -t local-llm-agent/engine .
# `npm run images` does both.

ARG BASE_IMAGE=docker.io/library/node:24-bookworm-slim

FROM ${BASE_IMAGE} AS base
ENV NODE_ENV=production
WORKDIR /app

# Package lists alone, so that changed sources do not install everything again.
FROM base AS packages
COPY .npmrc package.json package-lock.json ./
COPY apps/gateway/package.json apps/gateway/
COPY apps/inference-engine/package.json apps/inference-engine/
COPY apps/web-ui/package.json apps/web-ui/
COPY libs/config/package.json libs/config/
COPY libs/contracts/package.json libs/contracts/
COPY libs/http/package.json libs/http/
COPY libs/observability/package.json libs/observability/
COPY libs/testing/package.json libs/testing/
# The versions are those of the lock file.
# The two secrets are for networks with their own registry or certificate authority.
# Install scripts stay off: node-llama-cpp's own would compile llama.cpp where its shipped binary does.
ENV NPM_INSTALL="npm ci --ignore-scripts --no-audit --no-fund --no-progress" \
    NPM_CONFIG_USERCONFIG=/run/secrets/npmrc \
    WITH_CA="test ! -f /run/secrets/ca || export NODE_EXTRA_CA_CERTS=/run/secrets/ca"

FROM packages AS build
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    eval "$WITH_CA"; $NPM_INSTALL --include=dev
COPY tsconfig.base.json ./
COPY libs libs
COPY apps apps
# The page is files that the gateway sends; what it is made of is compiled into them and not installed in an image.
RUN node_modules/.bin/tsc -b apps/gateway apps/inference-engine \
    && node_modules/.bin/vite build apps/web-ui --logLevel=warn \
    && mkdir -p /out/gateway /out/engine \
    && find libs/*/dist apps/*/dist \( -name '*.d.ts' -o -name '*.d.ts.map' -o -name '.tsbuildinfo' \) -delete \
    && cp -r --parents libs/*/dist libs/config/catalog.yaml apps/gateway/dist apps/web-ui/dist /out/gateway \
    && cp -r --parents libs/*/dist libs/config/catalog.yaml apps/inference-engine/dist /out/engine

# TypeScript comes as an optional peer of a package that only uses it while compiling; binaries of llama.cpp for other
# processors, and of libSQL for another C library, come as optional packages.
FROM packages AS gateway-packages
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    eval "$WITH_CA"; $NPM_INSTALL --omit=dev \
      -w apps/gateway -w libs/config -w libs/contracts -w libs/http -w libs/observability \
    && rm -rf node_modules/typescript node_modules/.bin node_modules/@libsql/*-musl

FROM packages AS engine-packages
RUN --mount=type=secret,id=ca --mount=type=secret,id=npmrc \
    eval "$WITH_CA"; $NPM_INSTALL --omit=dev \
      -w apps/inference-engine -w libs/config -w libs/contracts -w libs/http -w libs/observability \
    && rm -rf node_modules/typescript node_modules/.bin \
    && find node_modules/@node-llama-cpp -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)" -exec rm -r {} +

FROM base AS gateway
LABEL org.opencontainers.image.title="Local LLM Agent gateway" \
      org.opencontainers.image.licenses="Apache-2.0"
# Not declared as a volume: a platform that makes one for each container by itself would give every replica keys of its
# own, and lose them with it. Mount one there, or set DATABASE_URL.
RUN install -d -o 1000 -g 1000 /data
COPY --from=gateway-packages /app ./
COPY --from=build /out/gateway ./
ENV HOST=0.0.0.0 \
    GATEWAY_PORTS=3160,8000,3000 \
    DATA_DIR=/data
EXPOSE 3160 8000 3000
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.GATEWAY_PORTS.split(',')[0]}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "apps/gateway/dist/main.js"]

FROM base AS engine
LABEL org.opencontainers.image.title="Local LLM Agent inference engine" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN install -d -o 1000 -g 1000 /models
COPY --from=engine-packages /app ./
COPY --from=build /out/engine ./
ENV ENGINE_HOST=0.0.0.0 \
    ENGINE_PORT=3161 \
    MODELS_DIR=/models
EXPOSE 3161
VOLUME ["/models"]
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ENGINE_PORT}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "apps/inference-engine/dist/main.js"]
