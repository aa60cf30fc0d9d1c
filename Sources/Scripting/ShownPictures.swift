/// Whether a run showed images on standard output. Their form depends on the terminal, so that comparisons of runs
/// leave them out and say so.
public final class ShownPictures: Service {
    /// Set by the first image.
    public var any = false

    public init() {}
}
