import ArgumentParser

/// What embeds texts.
struct EmbedderOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What embeds texts: minilm, static:FOLDER, http:URL, bedrock:MODEL, command:PROGRAM or hash.",
            discussion: "The collection remembers it; a new one takes minilm."))
    var embedder: String?
}
