# The program with everything it can have, on PostgreSQL or on a volume of its own.
#
#   docker build --tag tatami .
#   docker run --publish 8080:8080 --volume tatami:/data tatami

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --profile dist --features otlp --package tatami \
    && cp target/dist/tatami /usr/local/bin/tatami

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data tatami \
    && install --directory --owner tatami --mode 0700 /data
COPY --from=build /usr/local/bin/tatami /usr/local/bin/tatami
USER tatami
VOLUME /data
EXPOSE 8080
ENV TATAMI_DATA=/data TATAMI_LISTEN=0.0.0.0:8080
# What is under way is finished before the end; Docker kills after ten seconds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["tatami"]
CMD ["serve"]
