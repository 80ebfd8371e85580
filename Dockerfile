# The daemon for amd64 and arm64: docker build -t vip-elector:0.1.0 .   (docs/kubernetes.md)
FROM docker.io/library/node:22-bookworm-slim AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends g++ libcap2-bin make python3
WORKDIR /build
COPY package.json package-lock.json ./
# raw-socket is compiled against the headers that the image carries; with Node.js 24 it does not compile.
RUN npm_config_nodedir=/usr/local npm ci --no-audit --no-fund && \
    test -f node_modules/raw-socket/build/Release/raw.node
COPY tsconfig.json ./
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund
COPY LICENSE ./
COPY deploy deploy
COPY systemd systemd
# A process that is not root has no capability but by the file that it executes: node, which only runs the daemon here.
RUN mkdir -p /out/usr/local/bin /out/opt/vip-elector && \
    cp -a LICENSE package.json dist node_modules deploy systemd /out/opt/vip-elector/ && \
    cp /usr/local/bin/node /out/usr/local/bin/node && \
    setcap cap_net_admin,cap_net_raw+ep /out/usr/local/bin/node

FROM docker.io/library/debian:bookworm-slim
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="vip-elector" \
      org.opencontainers.image.description="A virtual IP elected over etcd: never two holders" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/ /
# These are mounted: the root file system can be read-only.
RUN install -d -m 0700 -o 65532 -g 65532 /run/vip-elector /var/lib/vip-elector && \
    install -d /etc/vip-elector
USER 65532:65532
# Only where no orchestrator asks by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s CMD \
    ["/usr/local/bin/node", "-e", "fetch('http://127.0.0.1:2112/healthz',{signal:AbortSignal.timeout(2500)}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# V8's heap, 20 MiB in use, may not grow beyond 128: one that does ends the daemon, and the next resumes.
ENTRYPOINT ["/usr/local/bin/node", "--max-old-space-size=128", "/opt/vip-elector/dist/main.js"]
CMD ["run"]
