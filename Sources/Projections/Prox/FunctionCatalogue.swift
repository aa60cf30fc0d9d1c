/// Every function that scripts can make. A new one is a file in `Functions` and a line here.
public enum FunctionCatalogue {
    /// In the order of the documentation.
    public static var functions: [any CataloguedFunction.Type] {
        [
            L1.self,
            L2.self,
            Group.self,
            Nuclear.self,
            TV.self,
            Huber.self,
            LeastSquares.self,
        ]
    }
}
