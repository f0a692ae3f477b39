package elasticsearchtest

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Version is the version of Elasticsearch that the tests run.
const Version = "8.19.7"

//go:embed IlmFixturePlugin.java
var plugin []byte

var descriptor = `description=Test fixture: settings, policies, and rollover and delete of index lifecycle management
version=1
name=ilm-fixture
classname=ilmfixture.IlmFixturePlugin
java.version=17
elasticsearch.version=` + Version + `
extended.plugins=x-pack-core
`

const noProject = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version></project>`

// install returns the home of the server, which it fetches and unpacks once for
// all checkouts.
var install = sync.OnceValues(func() (string, error) {
	for _, tool := range []string{"mvn", "javac", "jar", "unzip"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("a real Elasticsearch needs %s (Debian: apt-get install maven default-jdk-headless unzip): %w", tool, err)
		}
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(cache, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	home := filepath.Join(cache, "elasticsearch-"+Version)
	if _, err := os.Stat(home); err == nil {
		return home, updatePlugin(home)
	}
	if err := fetch(cache, home); err != nil {
		return "", fmt.Errorf("fetch Elasticsearch %s from Maven Central: %w", Version, err)
	}
	return home, updatePlugin(home)
})

// cacheDir is in the user's cache. Root's is closed to the user as whom the
// server runs.
func cacheDir() (string, error) {
	base := "/var/cache"
	if os.Getuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(base, "auditlog-elasticsearch")
	return dir, os.MkdirAll(dir, 0o755)
}

func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

func fetch(cache, home string) error {
	temporary, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	if err := os.WriteFile(filepath.Join(temporary, "pom.xml"), []byte(noProject), 0o644); err != nil {
		return err
	}
	if err := command(temporary, "mvn", "--batch-mode", "--quiet", "dependency:copy", "-DoutputDirectory="+temporary,
		"-Dartifact=org.elasticsearch.distribution.integ-test-zip:elasticsearch:"+Version+":zip"); err != nil {
		return err
	}
	if err := command(temporary, "unzip", "-q", "elasticsearch-"+Version+".zip"); err != nil {
		return err
	}
	return os.Rename(filepath.Join(temporary, "elasticsearch-"+Version), home)
}

// updatePlugin compiles the plugin, if the one that is there is another.
func updatePlugin(home string) error {
	dir := filepath.Join(home, "plugins", "ilm-fixture")
	source := filepath.Join(home, "IlmFixturePlugin.java")
	if old, err := os.ReadFile(source); err == nil && string(old) == string(plugin) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	classes, err := os.MkdirTemp(home, "classes-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(classes)
	input := filepath.Join(classes, "IlmFixturePlugin.java")
	if err := os.WriteFile(input, plugin, 0o644); err != nil {
		return err
	}
	if err := command(home, "javac", "-nowarn", "-cp", "lib/*:modules/x-pack-core/*", "-d", classes, input); err != nil {
		return err
	}
	if err := command(home, "jar", "cf", filepath.Join(dir, "ilm-fixture.jar"), "-C", classes, "."); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "plugin-descriptor.properties"), []byte(descriptor), 0o644); err != nil {
		return err
	}
	return os.WriteFile(source, plugin, 0o644)
}

func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func javaHome() string {
	javac, err := exec.LookPath("javac")
	if err != nil {
		return ""
	}
	if real, err := filepath.EvalSymlinks(javac); err == nil {
		javac = real
	}
	return filepath.Dir(filepath.Dir(javac))
}
