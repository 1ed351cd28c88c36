package simulate_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// quote is a block of a page that is taken from a file of this package: all of it, or what it
// declares by these names, and the methods of those that are types.
//
//	<!-- from example_run_test.go: purse -->
var quote = regexp.MustCompile("(?s)(<!-- from (\\S+?)(?:: ([^>]+))? -->\n```\\w*\n)(.*?)(```\n)")

func TestPagesQuoteWhatRuns(t *testing.T) {
	for _, page := range []string{"../README.md", "../docs/simulating.md"} {
		is, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		want := quote.ReplaceAllStringFunc(string(is), func(block string) string {
			found++
			part := quote.FindStringSubmatch(block)
			return part[1] + quoted(t, part[2], strings.Fields(part[3])) + part[5]
		})
		if found == 0 {
			t.Errorf("%s quotes nothing", page)
		}
		if updating() {
			if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		} else if diff := cmp.Diff(want, string(is)); diff != "" {
			t.Errorf("%s (-update mends it):\n%s", page, diff)
		}
	}
}

// quoted returns the text of a file, or of what it declares by these names.
func quoted(t *testing.T, name string, of []string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(name) != ".go" {
		return string(text)
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, d := range file.Decls {
		for _, n := range of {
			if names(d) == n {
				from, to := files.Position(d.Pos()).Offset, files.Position(d.End()).Offset
				parts = append(parts, strings.Replace(string(text[from:to]), "func test", "func Test", 1)+"\n")
			}
		}
	}
	if len(parts) == 0 {
		t.Errorf("%s declares nothing of %v", name, of)
	}
	return strings.Join(parts, "\n")
}

// names returns the name of a function or type, and for a method that of its type.
func names(d ast.Decl) string {
	switch d := d.(type) {
	case *ast.GenDecl:
		if s, ok := d.Specs[0].(*ast.TypeSpec); ok {
			return s.Name.Name
		}
	case *ast.FuncDecl:
		if d.Recv == nil {
			return d.Name.Name
		}
		if star, ok := d.Recv.List[0].Type.(*ast.StarExpr); ok {
			return star.X.(*ast.Ident).Name
		}
	}
	return ""
}

// updating reports whether the tests are to write what they would compare.
func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}
