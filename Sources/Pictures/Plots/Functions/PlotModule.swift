import Scripting

/// Figures: curves, points, histograms, heat maps and pictures in panels.
public struct PlotModule: ScriptModule {
    public init() {}

    public let name = "plot"
    public let summary = """
        Figures of curves, points, error bars, bars, histograms, heat maps, contours and pictures, saved as PNG, SVG \
        or PDF or shown in the terminal. Every function returns a figure; plot.figure puts several into one.
        """

    /// The catalogue: a new kind of plot is one file and one line here.
    public var functions: [NativeFunction] {
        [
            plotLine, plotScatter, plotErrorbar, plotBar, plotHistogram, plotImage, plotContour, plotFigure,
            plotTrace, plotRank, plotPair, plotAutocorrelation,
        ].map { NativeFunction($0) }
    }

    public var types: [TypeBinding] {
        [
            TypeBinding(
                Figure.type, "One or more panels, ready to be saved or shown.",
                methods: [figureSave, figureShow, figureRender].map { NativeFunction($0) },
                operators: [.describe: NativeFunction(figureDescribe)])
        ]
    }
}
