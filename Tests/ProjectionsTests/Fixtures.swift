// Written by make_fixtures.py; do not edit.
/// Nearest points found by SciPy's general solvers.
struct Fixture {
    let set: String
    let shape: [Int]
    let x: [Double]
    let nearest: [Double]

    static let all: [Fixture] = [
        Fixture(
            set: "simplex", shape: [4], x: [0.2, 0.467, 0.213, 0.327], nearest: [0.14825, 0.41525, 0.16125, 0.27525]),
        Fixture(set: "simplex", shape: [4], x: [0.259, 0.861, 0.233, 0.701], nearest: [0.0, 0.58, 0.0, 0.42]),
        Fixture(set: "simplex", shape: [4], x: [-0.523, 0.128, -5.448, -3.778], nearest: [0.1745, 0.8255, 0.0, 0.0]),
        Fixture(
            set: "l1ball", shape: [4], x: [0.268, 0.218, 0.184, 0.427], nearest: [0.24375, 0.19375, 0.15975, 0.40275]),
        Fixture(
            set: "l1ball", shape: [4], x: [0.485, -0.103, -0.274, -0.215],
            nearest: [0.46575, -0.08375, -0.25475, -0.19575]),
        Fixture(set: "l1ball", shape: [4], x: [-2.248, -2.494, 6.055, 3.768], nearest: [0.0, 0.0, 1.0, 0.0]),
        Fixture(set: "ball", shape: [3], x: [-0.226, 0.518, 0.107], nearest: [0.614827011, 0.848569833, 0.719445775]),
        Fixture(set: "ball", shape: [3], x: [-0.136, -0.628, -1.77], nearest: [0.833328424, 0.7611432, 0.593591321]),
        Fixture(set: "ball", shape: [3], x: [2.382, 3.869, -4.986], nearest: [1.101911992, 1.211566933, 0.558578004]),
        Fixture(set: "halfspace", shape: [3], x: [-0.474, 0.134, 0.511], nearest: [-0.474, 0.134, 0.511]),
        Fixture(set: "halfspace", shape: [3], x: [-0.719, 0.955, 0.592], nearest: [-0.719, 0.955, 0.592]),
        Fixture(
            set: "halfspace", shape: [3], x: [1.771, -2.153, -2.592],
            nearest: [0.993666667, -0.598333333, -2.980666667]),
        Fixture(
            set: "hyperplane", shape: [3], x: [0.591, 0.637, 0.282], nearest: [0.827571429, 0.163857143, 0.400285714]),
        Fixture(
            set: "hyperplane", shape: [3], x: [0.328, 1.883, 1.696], nearest: [0.954666667, 0.629666667, 2.009333333]),
        Fixture(
            set: "hyperplane", shape: [3], x: [1.321, 2.453, 5.082], nearest: [1.653190476, 1.788619048, 5.248095238]),
        Fixture(
            set: "affine", shape: [4], x: [0.575, 1.038, -0.121, 0.459],
            nearest: [0.307215387, 0.087723076, -0.535707692, -0.517338461]),
        Fixture(
            set: "affine", shape: [4], x: [-0.37, -0.117, 0.458, -0.256],
            nearest: [-0.166076923, 0.166384615, 0.333538462, -0.833307692]),
        Fixture(
            set: "affine", shape: [4], x: [-0.87, 2.737, -0.026, 1.707],
            nearest: [-1.342292308, 0.855661538, -0.962753846, -0.630969231]),
        Fixture(
            set: "cone", shape: [4], x: [0.61, 0.939, -0.132, 0.571],
            nearest: [0.858440602, 0.728240503, -0.102372468, 0.442838474]),
        Fixture(
            set: "cone", shape: [4], x: [-0.08, -1.397, 1.926, 0.623],
            nearest: [1.189757502, -0.675780084, 0.931676752, 0.301367918]),
        Fixture(
            set: "cone", shape: [4], x: [-5.019, -6.127, -3.304, -1.641],
            nearest: [1.06644136, -0.913617639, -0.492670597, -0.244695047]),
        Fixture(set: "ball and halfspace", shape: [3], x: [0.925, 0.255, -0.455], nearest: [0.585, -0.085, -0.455]),
        Fixture(
            set: "ball and halfspace", shape: [3], x: [1.917, -0.606, -0.598],
            nearest: [0.877143676, -0.377143676, -0.297290464]),
        Fixture(
            set: "ball and halfspace", shape: [3], x: [-3.218, 2.836, -0.716],
            nearest: [-0.739993561, 0.652150942, -0.164647415]),
        Fixture(
            set: "box and hyperplane", shape: [4], x: [-0.569, 1.164, 0.335, 1.069],
            nearest: [0.0, 1.0, 0.0394, 0.9212]),
        Fixture(
            set: "box and hyperplane", shape: [4], x: [0.327, 0.988, -0.137, -0.689],
            nearest: [0.5164, 1.0, 0.2418, 0.0]),
        Fixture(
            set: "box and hyperplane", shape: [4], x: [-1.103, -1.059, 0.227, -3.785], nearest: [0.0, 0.0, 1.0, 0.0]),
        Fixture(
            set: "two balls", shape: [3], x: [0.778, 0.18, 0.902], nearest: [0.64580707, 0.149415518, 0.748737759]),
        Fixture(
            set: "two balls", shape: [3], x: [-0.093, -1.19, -0.626], nearest: [0.553645752, 0.105658015, 0.335981703]),
        Fixture(
            set: "two balls", shape: [3], x: [3.105, -0.577, 5.076], nearest: [0.521355157, -0.089941791, 0.848586633]),
        Fixture(
            set: "psd", shape: [3, 3], x: [0.227, 0.99, 0.761, -0.35, 0.744, -1.052, 0.265, 1.284, -0.17],
            nearest: [
                0.405440369, 0.297782616, 0.264328326, 0.297782616, 0.746766274, 0.1469618, 0.264328326, 0.1469618,
                0.176544958,
            ]),
        Fixture(
            set: "psd", shape: [3, 3], x: [-0.628, 0.996, 5.746, -2.607, 0.47, 1.641, -4.394, 0.681, -1.018],
            nearest: [
                0.073341923, -0.263617137, -0.115492929, -0.263617137, 0.947534399, 0.415122949, -0.115492929,
                0.415122949, 0.181868926,
            ]),
    ]
}
