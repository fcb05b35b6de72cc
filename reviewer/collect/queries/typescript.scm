(function_declaration name: (identifier) @name body: (_) @body) @function
(function_signature name: (identifier) @name) @function
(generator_function_declaration name: (identifier) @name body: (_) @body) @function
(class_declaration name: (type_identifier) @name body: (_) @body) @class
(abstract_class_declaration name: (type_identifier) @name body: (_) @body) @class
(interface_declaration name: (type_identifier) @name body: (_) @body) @type
(type_alias_declaration name: (type_identifier) @name) @type
(enum_declaration name: (identifier) @name body: (_) @body) @type
(enum_body (property_identifier) @name @variable)
(enum_assignment name: (property_identifier) @name) @variable
(internal_module name: (identifier) @name body: (_) @body) @module
(method_definition name: (_) @name body: (_) @body) @function
(method_signature name: (_) @name) @function
(abstract_method_signature name: (_) @name) @function
(property_signature name: (property_identifier) @name) @variable
(public_field_definition name: (_) @name) @variable
(program (lexical_declaration (variable_declarator name: (identifier) @name)) @variable)
(export_statement (lexical_declaration (variable_declarator name: (identifier) @name)) @variable)
(program (variable_declaration (variable_declarator name: (identifier) @name)) @variable)
(variable_declarator name: (identifier) @name value: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
(pair key: (property_identifier) @name value: [(function_expression body: (_) @body) (arrow_function body: (_) @body)]) @function
