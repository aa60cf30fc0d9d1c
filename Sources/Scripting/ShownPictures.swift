/// Whether a run showed pictures on standard output. How they look is the terminal's, so that a comparison of two runs
/// leaves them out, and says so.
public final class ShownPictures: Service {
    public var any = false

    public init() {}
}
