package org.elasticsearch.node;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClasspathPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/** A node whose plugins are classes of the class path; it lives in this package because the constructors it needs do. */
public final class OneNode extends Node {
    private OneNode(NodeConstruction parts) {
        super(parts);
    }

    public static OneNode create(Settings settings, List<Class<? extends Plugin>> plugins) {
        var environment = new Environment(settings, null);
        var loader = PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false);
        var services = new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment env, PluginsLoader pluginsLoader) {
                return new ClasspathPlugins(settings, pluginsLoader, plugins);
            }
        };
        return new OneNode(NodeConstruction.prepareConstruction(environment, loader, services, true));
    }
}
