/*
 * Lets the unmodified Elasticsearch server that Maven Central has (without most of its bundled modules) make the index
 * of this project: stand-ins, over Lucene's own filters, for the five filters of "analysis-common" that its
 * mapping names. For tests only; every normal installation has the real module.
 */
package courant;

import java.io.Reader;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.charfilter.MappingCharFilter;
import org.apache.lucene.analysis.charfilter.NormalizeCharMap;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.ngram.EdgeNGramTokenFilter;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.index.analysis.CharFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

public final class EnglishAnalysis extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        Map<String, AnalysisProvider<TokenFilterFactory>> filters = new HashMap<>();
        filters.put("asciifolding", (index, environment, name, settings) -> filter(name, ASCIIFoldingFilter::new));
        filters.put("porter_stem", (index, environment, name, settings) -> filter(name, PorterStemFilter::new));
        filters.put("stemmer", AnalysisPlugin.requiresAnalysisSettings(
            (index, environment, name, settings) -> filter(name, stemmer(settings))));
        filters.put("edge_ngram", AnalysisPlugin.requiresAnalysisSettings((index, environment, name, settings) -> {
            int shortest = settings.getAsInt("min_gram", 1);
            int longest = settings.getAsInt("max_gram", 2);
            return filter(name, in -> new EdgeNGramTokenFilter(in, shortest, longest, false));
        }));
        return filters;
    }

    @Override
    public Map<String, AnalysisProvider<CharFilterFactory>> getCharFilters() {
        return Map.of("mapping", AnalysisPlugin.requiresAnalysisSettings((index, environment, name, settings) -> {
            NormalizeCharMap.Builder map = new NormalizeCharMap.Builder();
            for (String rule : settings.getAsList("mappings")) {
                String[] sides = rule.split(" => ");
                if (sides.length != 2 || sides[1].matches("\\\\u[0-9a-f]{4}") == false) {
                    throw new IllegalArgumentException("this test server does not understand the mapping [" + rule + "]");
                }
                map.add(sides[0], String.valueOf((char) Integer.parseInt(sides[1].substring(2), 16)));
            }
            NormalizeCharMap built = map.build();
            return new CharFilterFactory() {
                @Override
                public String name() {
                    return name;
                }

                @Override
                public Reader create(Reader in) {
                    return new MappingCharFilter(built, in);
                }
            };
        }));
    }

    private static UnaryOperator<TokenStream> stemmer(Settings settings) {
        String language = settings.get("language");
        if (!"possessive_english".equals(language)) {
            throw new IllegalArgumentException("this test server has no stemmer for [" + language + "]");
        }
        return EnglishPossessiveFilter::new;
    }

    private static TokenFilterFactory filter(String name, UnaryOperator<TokenStream> wrap) {
        return new TokenFilterFactory() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public TokenStream create(TokenStream in) {
                return wrap.apply(in);
            }
        };
    }
}
