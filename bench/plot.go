package main

import (
	"errors"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawAll draws the outcomes into a folder: a chart of bars for each figure that a
// column is drawn of, and curves for the latencies. Each is an SVG and a PNG.
func drawAll(all outcomes, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var errs []error
	for _, o := range all {
		if o.scenario == "latency" {
			errs = append(errs, save(o.curves(), folder, o.file("")))
			continue
		}
		for i, c := range o.columns {
			if b := o.bars(i); c.drawn && len(b.bars) > 1 {
				errs = append(errs, save(b.plot(), folder, o.file(c.name)))
			}
		}
	}
	return errors.Join(errs...)
}

// file is a name without spaces: "hot-1000-time".
func (o outcome) file(column string) string {
	name := strings.TrimSuffix(o.scenario+"-"+o.name+"-"+column, "-")
	return strings.ReplaceAll(name, " ", "-")
}

// save draws with a margin: the plot cuts off the beginning of its longest label.
func save(p *plot.Plot, folder, name string) error {
	const margin = 10
	for _, ending := range []string{"svg", "png"} {
		canvas, err := draw.NewFormattedCanvas(8*vg.Inch, 4*vg.Inch, ending)
		if err != nil {
			return err
		}
		p.Draw(draw.Crop(draw.New(canvas), margin, -margin, margin, -margin))
		if err := writeTo(filepath.Join(folder, name+"."+ending), canvas); err != nil {
			return err
		}
	}
	return nil
}

func writeTo(file string, w io.WriterTo) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = w.WriteTo(f)
	return errors.Join(err, f.Close())
}

// colours tell who is who in every chart.
var colours = map[role]color.Color{
	ours:     color.RGBA{0xd9, 0x48, 0x01, 0xff},
	library:  color.RGBA{0x2b, 0x6c, 0xb0, 0xff},
	homeMade: color.RGBA{0x7f, 0xb3, 0xd5, 0xff},
	limit:    color.RGBA{0x80, 0x80, 0x80, 0xff},
}

// bars are the medians of a column, one bar an entrant, with their spreads. The axis
// is logarithmic: the entrants differ by orders of magnitude.
type bars struct {
	title, axis string
	bars        []bar
}

type bar struct {
	name      string
	role      role
	text      string
	value     float64
	low, high float64
}

// bars leaves out who cannot, and zeros, which have no place on a logarithmic axis.
func (o outcome) bars(column int) bars {
	b := bars{title: o.scenario + ": " + o.title, axis: o.columns[column].head()}
	for i := len(o.entrants) - 1; i >= 0; i-- { // the first goes to the top
		e := o.entrants[i]
		if o.figures[e.name] == nil {
			continue
		}
		s := o.figures[e.name][column]
		low, high := s.spread()
		if middle := s.median(); middle.value > 0 {
			b.bars = append(b.bars, bar{e.name, e.role, middle.String(), middle.value, max(low.value, 0), high.value})
		}
	}
	return b
}

func (b bars) plot() *plot.Plot {
	// Not as the label of the axis: on a logarithmic one that takes room from the bars.
	p := newPlot(b.title + "\n" + b.axis + ": the median, and a line from the lowest round to the highest")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	p.X.Min, p.X.Max = b.limits()
	p.Y.Min, p.Y.Max = -0.6, float64(len(b.bars))-0.4
	var names []string
	for _, one := range b.bars {
		names = append(names, one.name)
	}
	p.NominalY(names...)
	p.Add(b)
	return p
}

// limits leave the shortest bar a length, and the longest room for its text.
func (b bars) limits() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, one := range b.bars {
		low, high = min(low, one.value), max(high, one.high)
	}
	return low / 3, high * math.Pow(high/low, 0.15) * 2
}

// Plot implements plot.Plotter.
func (b bars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := p.X.Tick.Label
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	for i, one := range b.bars {
		at, half := y(float64(i)), vg.Points(8)
		from, to := x(p.X.Min), x(one.value)
		c.FillPolygon(colours[one.role], []vg.Point{
			{X: from, Y: at - half}, {X: to, Y: at - half}, {X: to, Y: at + half}, {X: from, Y: at + half},
		})
		end := x(max(one.high, one.value))
		if one.low < one.high {
			c.StrokeLine2(draw.LineStyle{Color: color.Black, Width: vg.Points(1)}, x(max(one.low, p.X.Min)), at, end, at)
		}
		c.FillText(style, vg.Point{X: end + vg.Points(4), Y: at}, one.text)
	}
}

// curves are the percentiles of the latency, one line an entrant.
func (o outcome) curves() *plot.Plot {
	p := newPlot(o.scenario + ": " + o.title + "\ntime of a call, ns, one reading of the clock included: the median of the rounds")
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	p.NominalX("p50", "p99", "p99.9", "longest")
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.XOffs = vg.Points(10)
	dashes := 0
	for _, e := range o.entrants {
		if o.figures[e.name] == nil {
			continue
		}
		points := make(plotter.XYs, 4)
		for i := range points {
			points[i] = plotter.XY{X: float64(i), Y: o.figures[e.name][i].median().value}
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			panic("BUG: a curve cannot be drawn: " + err.Error())
		}
		line.Color, line.Width = colours[e.role], vg.Points(1.5)
		if e.role != ours {
			dashes++
			line.Dashes = []vg.Length{vg.Points(float64(2 * dashes)), vg.Points(2)}
		}
		p.Add(line)
		p.Legend.Add(e.name, line)
	}
	return p
}

func newPlot(title string) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Title.TextStyle.Font.Size = vg.Points(10)
	p.Title.Padding = vg.Points(8)
	p.BackgroundColor = color.White
	return p
}

// decades marks each power of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	var ticks []plot.Tick
	for e := math.Ceil(math.Log10(low)); e <= math.Log10(high); e++ {
		v := math.Pow(10, e)
		ticks = append(ticks, plot.Tick{Value: v, Label: format(v)})
	}
	return ticks
}
