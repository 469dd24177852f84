/// A variable of the environment that the program reads. Those of `memvec serve` are not here: each is an option's name
/// (``ServeArguments``).
struct EnvironmentVariable {
    let name: String
    let meaning: String

    private init(_ name: String, _ meaning: String) {
        self.name = name
        self.meaning = meaning
    }

    static let all = ours + settings + credentials

    private static let ours: [Self] = [
        .init("MEMVEC_MODELS", "The folder of models; else `$MEMVEC_DATA/models`, else `~/.cache/memvec-data/models`."),
        .init("MEMVEC_DATA", "Where `tools/datasets` and `tools/models` keep what they fetch."),
        .init("MEMVEC_RUN_COMMANDS", "1: a `command:` embedder that a collection remembers may be run."),
        .init("MEMVEC_EMBEDDER_KEY", "The key that an `http:` embedder is sent, as a bearer token."),
        .init("OPENAI_API_KEY", "The same, where MEMVEC_EMBEDDER_KEY is not set."),
        .init("MEMVEC_FORCE_RECREATE", "true: `memvec ingest` goes by `--force-recreate`."),
        .init("MAX_ARTICLES", "`memvec ingest --max-articles`, where that is not given."),
        .init(
            "MEMVEC_KILL_AT", "For tests: the place of the code at which the process kills itself. `memvec` ignores it."
        ),
        .init("MEMVEC_PAUSE_AT", "For tests: the place at which it stops. `memvec` ignores it."),
        .init("HOME", "Where `~` is: AWS's files, models, and what is kept of addresses."),
        .init("XDG_STATE_HOME", "Where collections of texts in front of an address are kept; else `~/.local/state`."),
        .init("NO_COLOR", "Any value: no bold words on a terminal."),
        .init("OMP_WAIT_POLICY", "How OpenMP's threads wait; `memvec` sets `passive` where it is not set."),
    ]

    private static let settings: [Self] = [
        .init("AWS_PROFILE", "The profile of AWS's files, where `--profile` names none."),
        .init("AWS_DEFAULT_PROFILE", "The same, where AWS_PROFILE is not set."),
        .init("AWS_REGION", "The region, where `--region` names none."),
        .init("AWS_DEFAULT_REGION", "The same, where AWS_REGION is not set."),
        .init("AWS_ENDPOINT_URL", "Where requests go, of all services, where `--endpoint` says nothing."),
        .init("AWS_ENDPOINT_URL_S3VECTORS", "The same for S3 Vectors alone; it counts before AWS_ENDPOINT_URL."),
        .init("AWS_ENDPOINT_URL_S3", "The same for S3 alone."),
        .init("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "The same for Bedrock's models alone."),
        .init("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true: none of these counts, nor what profiles say."),
        .init("AWS_USE_FIPS_ENDPOINT", "true: the FIPS addresses of the services."),
        .init("AWS_CA_BUNDLE", "A file of certificates to trust instead of the system's."),
        .init("AWS_CONFIG_FILE", "AWS's config file; else `~/.aws/config`."),
        .init("AWS_SHARED_CREDENTIALS_FILE", "AWS's credentials file; else `~/.aws/credentials`."),
    ]

    private static let credentials: [Self] = [
        .init("AWS_ACCESS_KEY_ID", "The access key that requests are signed by."),
        .init("AWS_SECRET_ACCESS_KEY", "Its secret."),
        .init("AWS_SESSION_TOKEN", "The token that goes with temporary keys."),
        .init("AWS_SECURITY_TOKEN", "The same under its old name."),
        .init("AWS_ROLE_ARN", "The role of a web identity."),
        .init("AWS_ROLE_SESSION_NAME", "The name of its session."),
        .init("AWS_WEB_IDENTITY_TOKEN_FILE", "The file that has the token of a web identity."),
        .init("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "Where a container of ECS gets its keys."),
        .init("AWS_CONTAINER_CREDENTIALS_FULL_URI", "The same as a whole address."),
        .init("AWS_CONTAINER_AUTHORIZATION_TOKEN", "What is sent there."),
        .init("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "The file that has it."),
        .init("AWS_EC2_METADATA_DISABLED", "true: a machine's own metadata are not asked for keys."),
        .init("AWS_EC2_METADATA_SERVICE_ENDPOINT", "Where they are asked."),
        .init("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6: by that."),
        .init("AWS_METADATA_SERVICE_TIMEOUT", "How many seconds they have (1)."),
        .init("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "How often they are asked (1)."),
    ]
}
