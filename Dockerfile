FROM rust:1.95.0-bookworm AS build
# The compiler of the image, without the formatter and the linter that rust-toolchain.toml would download.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
# The caches stay out of the layers, so the executable is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked -p api \
    && install -D target/release/palestra /out/palestra

FROM debian:bookworm-slim
# The certificates for mail and PostgreSQL over TLS; their newest version, whichever that is.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 palestra \
    && useradd --uid 10001 --gid palestra --no-create-home --home-dir /data --shell /usr/sbin/nologin palestra \
    && install -d -o palestra -g palestra -m 0750 /data
COPY --from=build /out/palestra /usr/local/bin/palestra

# A container is reached from outside of it.
ENV PALESTRA_LISTEN=0.0.0.0:8080 \
    PALESTRA_DATA_DIR=/data
# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["palestra", "healthcheck"]
ENTRYPOINT ["palestra"]
CMD ["serve"]
