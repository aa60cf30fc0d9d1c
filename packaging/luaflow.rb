# A formula for Homebrew: `brew install --build-from-source ./luaflow.rb`, once url and sha256 name a release; the
# workflow writes both when it makes one.
class Luaflow < Formula
  desc "Scripts about normalizing flows, in Lua"
  homepage "@HOMEPAGE@"
  url "@URL@"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "pkgconf" => :build
  depends_on xcode: ["16.0", :build]
  depends_on macos: :sequoia
  depends_on "cairo"
  depends_on "libedit"
  depends_on "libzip"
  depends_on "lua@5.4"
  depends_on "openblas"
  depends_on "openssl@3"
  depends_on "sleef"
  depends_on "zeromq"
  depends_on "zlib"

  def install
    %w[lua@5.4 libedit libzip openblas openssl@3 zlib].each do |name|
      ENV.prepend_path "PKG_CONFIG_PATH", Formula[name].opt_lib/"pkgconfig"
    end
    # Homebrew has a sandbox of its own, and SwiftPM's does not go inside another one.
    system "swift", "build", "--disable-sandbox", "-c", "release", "--product", "luaflow"
    bin.install ".build/release/luaflow"
    pkgshare.install "models", "scripts"
    inreplace "packaging/luaflow.1", "@VERSION@", version.to_s
    man1.install "packaging/luaflow.1"
    generate_completions_from_executable(bin/"luaflow", "completions", shells: [:bash, :zsh, :fish])
  end

  test do
    assert_equal "5.0", shell_output("#{bin}/luaflow -e 'print(tensor{3, 4}:norm():item())'").strip
    # Models are found where they were put.
    system bin/"luaflow", "-e", "flow.load(host.resource('nice-mnist.safetensors'))"
  end
end
