/// Every distribution that scripts can make. A new distribution is a file in `Families` and a line here.
public enum Catalogue {
    /// In the order of the documentation.
    public static var distributions: [any CataloguedDistribution.Type] {
        [
            Normal.self,
            Logistic.self,
            Uniform.self,
            Bernoulli.self,
            Categorical.self,
            Exponential.self,
            Laplace.self,
            Gamma.self,
            Beta.self,
            Dirichlet.self,
            Poisson.self,
            StudentT.self,
            MultivariateNormal.self,
            Mixture.self,
            Binomial.self,
            NegativeBinomial.self,
            Geometric.self,
            Multinomial.self,
            LogNormal.self,
            HalfNormal.self,
            Cauchy.self,
            Gumbel.self,
            Weibull.self,
            Pareto.self,
            ChiSquared.self,
            InverseGamma.self,
            VonMises.self,
            Truncated.self,
        ]
    }
}
