/// Every set that scripts can make. A new set is a file in `Sets` or `Calculus` and a line here.
public enum Catalogue {
    /// In the order of the documentation.
    public static var sets: [any CataloguedSet.Type] {
        [
            Box.self,
            Observed.self,
            Halfspace.self,
            Hyperplane.self,
            Affine.self,
            Ball.self,
            L1Ball.self,
            LinfBall.self,
            Simplex.self,
            Nonnegative.self,
            SecondOrderCone.self,
            PSD.self,
            Sphere.self,
            Sparse.self,
            Intersection.self,
            Product.self,
            Translate.self,
            Scale.self,
            Polyhedron.self,
            Ellipsoid.self,
            NuclearBall.self,
            SpectralBall.self,
            BoxSection.self,
            Birkhoff.self,
            Monotone.self,
            TVBall.self,
            Stiefel.self,
            ExponentialCone.self,
        ]
    }
}
