(class name: (constant) @name body: (_)? @body) @class
(class name: (scope_resolution name: (constant) @name) body: (_)? @body) @class
(module name: (constant) @name body: (_)? @body) @module
(module name: (scope_resolution name: (constant) @name) body: (_)? @body) @module
(method name: (_) @name body: (_)? @body) @function
(singleton_method name: (_) @name body: (_)? @body) @function
(alias name: (_) @name) @function
(assignment left: (constant) @name) @variable
(call method: (identifier) @_call arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_call "attr_reader" "attr_writer" "attr_accessor" "define_method" "alias_method" "scope" "delegate")) @variable
